from monitor.integrations.huggingface import VitalsignsCallback

__all__ = ["VitalsignsCallback"]
