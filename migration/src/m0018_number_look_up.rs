//! How often a client asked for a personal number under which it sees nobody, in the hour and in the day that run: one
//! row a client, so that the count holds on every node and over restarts.

crate::ddl::tables!("number_look_up" => "
CREATE TABLE number_look_up (
    client_id BIGINT PRIMARY KEY REFERENCES client(id),
    hour BIGINT NOT NULL,
    in_hour BIGINT NOT NULL,
    day BIGINT NOT NULL,
    in_day BIGINT NOT NULL
);
");
