"""Work that takes its time: any replica continues what a dead one began."""
