"""Pictures of the reports: one file a kind, drawn by Altair and vl-convert."""
