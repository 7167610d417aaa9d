//! A loopback server that speaks all three services.
