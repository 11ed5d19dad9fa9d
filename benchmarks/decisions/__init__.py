"""Had one stopped when a word, or another tool's rule, said so: what would it have cost, and what saved?"""
