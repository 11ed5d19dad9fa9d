"""The callbacks, one framework a file: `from vitalsigns.callbacks.lightning import VitalsignsCallback`."""
