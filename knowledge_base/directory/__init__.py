"""Who to turn to: offices, stations, circuits and numbers, with the hours they keep (去处)."""
