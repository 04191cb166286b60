"""The clauses of the contract by theme; each module is a chapter, in the order of the reference."""
