"""Care without the system: ward packs, paper forms, back-entry."""
