"""Papers that leave the house: certificates and the award notice, as PDF."""
