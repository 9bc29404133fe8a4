"""Signatures that parties make in the PDF of an agreement, with tools of their own."""
