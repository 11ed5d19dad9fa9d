from monitor.integrations.speechbrain import VitalsignsLogger, WatchedBrain

__all__ = ["VitalsignsLogger", "WatchedBrain"]
