from monitor.integrations.lightning import VitalsignsCallback

__all__ = ["VitalsignsCallback"]
