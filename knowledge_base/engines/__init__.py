"""Engines that find the nearest of many vectors, behind one port."""
