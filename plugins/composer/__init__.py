"""The composer: what a consortium looks for, who covers it, and which partners fill the gaps."""
