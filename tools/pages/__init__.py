"""The generated pages of docs/, one module each; `twopair` and its tests are what they are made of."""
