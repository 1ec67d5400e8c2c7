"""The API's records as JSON: what may be sent, and what is answered."""
