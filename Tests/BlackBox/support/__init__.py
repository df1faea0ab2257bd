"""What the black-box tests share: the built program, a scripted upstream, and small clients."""
