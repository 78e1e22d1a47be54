"""Corrections: vouchers that we booked are reversed by vouchers of their own.

A correction is read and judged here (`prepare`), and comes to a batch that is carried out like any other.
"""
