from monitor.integrations.keras import VitalsignsCallback

__all__ = ["VitalsignsCallback"]
