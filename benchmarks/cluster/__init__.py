"""What one Redis carries for P-CSCFs, and the plan from there to many UEs (ADR 18, ADR 20)."""
