"""What a customer changes in a journey: addresses, numbers, factors, passkeys, the password, two accounts into one."""
