"""A simulated Fortnox: its own process and port, believable in every recorded fact, faults included.

The facts are those of the project's Fortnox notes; "fact 5.7" in a docstring means their section 5.7. What nobody has
recorded is a switch (`switches.py`), so that no test rests on our guess alone. Amounts are öre as `int` throughout the
simulator, because its books are columns of numbers; they become decimals only on the wire.
"""
