"""Live audio: sources become blocks, and a dialect is driven over connections that break, are paced and replayed."""
