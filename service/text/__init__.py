"""Text of others: shown so that it steers nobody."""
