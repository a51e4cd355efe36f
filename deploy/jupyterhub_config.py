"""What hubs of the course have in common, whoever logs in and wherever servers run.

The Littlest JupyterHub reads it from ``jupyterhub_config.d``, any other hub by
``load_subconfig("…/deploy/jupyterhub_config.py")``; for Kubernetes,
``zero-to-jupyterhub/values.yaml`` says the same. ``tests/browser/test_hub.py`` runs a hub with it.
"""

c = get_config()  # noqa: F821, which JupyterHub provides

# deploy/start_singleuser.py, in the environment that all learners share.
c.Spawner.cmd = ["lstm-course-singleuser"]
# The start page is chosen by that command: lesson 00 at first, later what was open.
c.Spawner.default_url = ""
# A full room begins at one moment; the defaults are 60 and 30 seconds.
c.Spawner.start_timeout = 300
c.Spawner.http_timeout = 120
