"""Documents as PDF, sealed by the portal, for plugins that hand something out on paper."""
