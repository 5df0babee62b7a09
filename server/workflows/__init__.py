"""How jobs run durably. The only room that knows the engine."""
