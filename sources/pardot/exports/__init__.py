"""The Export API: what is asked for, remembered, waited for and fetched."""
