"""Nothing lost, nothing twice: who does a piece of work, and what became of it.

Whatever is to happen once is claimed before it is done and settled after. A claim has a lease; who
finds one whose lease is over takes it over, and its dead holder can write nothing to it any more.
``rows`` claims one message at a time, ``log`` thousands; ``lease`` has the times, and the bounds
within which they hold.
"""
