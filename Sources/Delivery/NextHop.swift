// NextHop.swift — from a destination to the addresses to try: by MX, or always the same relay.

import DNS
import Mail
import Queue
