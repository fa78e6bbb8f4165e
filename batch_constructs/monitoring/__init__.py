"""Who is told and what is watched: notifications, metrics, alarms, dashboard, audit."""
