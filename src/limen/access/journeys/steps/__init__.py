"""The steps, one file each. A step shows itself, answers its form with :class:`Progress`, and knows no other step."""
