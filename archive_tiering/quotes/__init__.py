"""What bringing masters back would take: how they stand, tiers, times, money."""
