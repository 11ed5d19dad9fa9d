"""What a stop at a verdict, or at the alarm of another tool's rule, would have cost and saved."""
