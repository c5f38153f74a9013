"""Consents per recipient and purpose, their withdrawal, and every disclosure with its ground."""
