"""The dashboard: `streamlit run app.py`, or `python app.py`."""

import streamlit as st

from monitor.ui.server import HARDENING, PAGE, lifespan, middleware, routes

# `streamlit run` reads this line without running it: only a plain `app = st.App(...)` is served as an application,
# with the gate and the live route; through a function of ours it would be run as a bare script.
app = st.App(str(PAGE), routes=routes(), middleware=middleware(), lifespan=lifespan)

if __name__ == "__main__":
    app.run(config=HARDENING)
