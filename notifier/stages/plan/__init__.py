"""Write down what is owed: distinct letters, and one delivery a person by a unique key."""
