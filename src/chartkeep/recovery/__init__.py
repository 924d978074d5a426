"""Coming back: the vault, the restore, the drills."""
