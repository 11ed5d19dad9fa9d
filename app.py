"""The dashboard: `streamlit run app.py`, or `python app.py`."""

from monitor.ui.server import HARDENING, build_app

app = build_app()

if __name__ == "__main__":
    app.run(config=HARDENING)
