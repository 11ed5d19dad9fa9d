"""How right the rules are on labelled training curves, beside what other tools would have reported."""
