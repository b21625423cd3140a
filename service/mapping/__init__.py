"""One language by which webhook deliveries, histories and exports become events of the contract."""
