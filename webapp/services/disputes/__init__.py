"""Results that are questioned, corrected, or taken back."""
