//! Keeps the schema `vekha_bi` of a PostgreSQL up with the state, for external tools.
