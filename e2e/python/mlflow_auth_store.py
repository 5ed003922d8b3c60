"""Makes the database of basic-auth with two users, as MLflow itself does. Prints JSON."""

import json
import sys

from mlflow.server.auth.sqlalchemy_store import SqlAlchemyStore

store = SqlAlchemyStore()
store.init_db(sys.argv[1])
store.create_user("ann", "correct horse battery", is_admin=True)
store.create_user("bob", "another horse battery")
print(json.dumps({}))
