"""The Streamlit desk; reaches everything through the API client."""
