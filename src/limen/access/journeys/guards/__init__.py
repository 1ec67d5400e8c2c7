"""Before and behind a proof: guards against many tries, patterns of fraud, breaches, risk, notices of what is new."""
