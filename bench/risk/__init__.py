"""How good the risk model is: simulated customers and attackers, beside the figures of Wiefling et al. (TOPS 2022)."""
