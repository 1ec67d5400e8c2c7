"""Root keys that somebody else holds: HashiCorp Vault's transit engine, or a PKCS#11 token.

Owns how they are spoken to, behind :class:`~limen.identity.keyring.KeyWrapper`, and what a process does while they do
not answer. Leaves to the keyring what is wrapped, and for how long what was unwrapped is held. Epoch keys stay in the
keyring file: they are to be destroyed on schedule, which neither can promise.

::

    GuardedWrapper     counts, and after a failure asks nobody for a few seconds
      └─ Successor     what the keyring file wrapped before is still unwrapped by the file
           └─ TransitWrapper | Pkcs11Wrapper
"""
