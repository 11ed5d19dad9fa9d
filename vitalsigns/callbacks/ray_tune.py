from monitor.integrations.ray_tune import VitalsignsCallback

__all__ = ["VitalsignsCallback"]
