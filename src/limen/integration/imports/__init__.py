"""Files of customers as other systems write them, read a row at a time in constant memory.

Owns one file per format behind one table (:mod:`table`). A reader turns bytes into ``Arrival`` or ``Refused`` and
judges nothing but form: what is no JSON, of the wrong type, too long or in a broken encoding is refused by line, field
and code, and the rows behind it are read all the same. Leaves to others: which customers go in (``access.imports``).
"""
