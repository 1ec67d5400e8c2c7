"""What a journey sends and gets back: mails and messages, their codes and their links."""
